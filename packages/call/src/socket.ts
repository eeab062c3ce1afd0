/** The server refused a command; `message` is a sentence for the person. */
export class CallRefusal extends Error {
  override name = 'CallRefusal';
  /** From the registry of errors, or `not_connected` when the server could not be asked. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

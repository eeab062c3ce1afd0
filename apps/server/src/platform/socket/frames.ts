import { Ajv, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';

/** Says what a frame of text holds: an object of one of the schemas, by its `type`; null when of none. */
export function compileFrames<Frame>(schemas: Record<string, TSchema>) {
  const ajv = new Ajv({ strict: false });
  const validators = new Map<unknown, ValidateFunction>(
    Object.entries(schemas).map(([type, schema]) => [type, ajv.compile(schema)]),
  );
  return (text: string): Frame | null => {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return null;
    }
    const isFrame = validators.get((frame as { type?: unknown } | null)?.type)?.(frame);
    return isFrame ? (frame as Frame) : null;
  };
}

/** Lets through so many at once, and then so many a second. */
export function limitRate(burst: number, perSecond: number) {
  let left = burst;
  let at = performance.now();
  return (): boolean => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - at) / 1000) * perSecond);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}

/**
 * One request, as the reader would send it.
 * @typedef {object} Call
 * @property {string} operation the operation's id
 * @property {string} method
 * @property {string} path with the reader's values in it
 * @property {[name: string, value: string][]} query
 * @property {[name: string, value: string][]} headers without those that every request has
 * @property {'token' | 'secret' | 'none'} access what signs it
 * @property {unknown} [body] left out: none
 */

/**
 * @typedef {object} Snippet
 * @property {'curl' | 'python' | 'sdk'} language
 * @property {string} name
 * @property {string} text
 */

/**
 * The same request for three kinds of programs, ready to paste. Secrets are read from the
 * environment: ANTEROOM_TOKEN, or ANTEROOM_CLIENT_ID and ANTEROOM_CLIENT_SECRET.
 * @param {string} address where the API is, without a slash at the end
 * @param {Call} call
 * @returns {Snippet[]}
 */
export function snippetsOf(address, call) {
  return [
    { language: 'curl', name: 'curl', text: curlSnippet(address, call) },
    { language: 'python', name: 'Python', text: pythonSnippet(address, call) },
    { language: 'sdk', name: 'SDK', text: sdkSnippet(address, call) },
  ];
}

/**
 * The part of the request's address behind the host.
 * @param {Pick<Call, 'path' | 'query'>} call
 */
export function targetOf({ path, query }) {
  return query.length > 0 ? `${path}?${new URLSearchParams(query)}` : path;
}

/**
 * @param {string} address
 * @param {Call} call
 */
function curlSnippet(address, call) {
  const { method, headers, access, body } = call;
  const hasBody = body !== undefined;
  return [
    method === 'GET' ? 'curl' : `curl --request ${method}`,
    access === 'token' && '--header "Authorization: Bearer $ANTEROOM_TOKEN"',
    access === 'secret' && '--user "$ANTEROOM_CLIENT_ID:$ANTEROOM_CLIENT_SECRET"',
    hasBody && "--header 'Content-Type: application/json'",
    ...headers.map(([name, value]) => `--header ${shellText(`${name}: ${value}`)}`),
    hasBody && `--data ${shellText(JSON.stringify(body, null, 2))}`,
    shellText(address + targetOf(call)),
  ]
    .filter((line) => line !== false)
    .join(' \\\n  ');
}

/** @param {string} text */
const shellText = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * @param {string} address
 * @param {Call} call
 */
function pythonSnippet(address, { method, path, query, headers, access, body }) {
  const lines = [
    ...(access === 'token' ? ['"Authorization": "Bearer " + os.environ["ANTEROOM_TOKEN"],'] : []),
    ...headers.map(([name, value]) => `${pythonText(name)}: ${pythonText(value)},`),
  ];
  /** @param {string} line */
  const indented = (line) => `        ${line}\n`;
  return [
    access === 'none' ? '' : 'import os\n\n',
    'import requests\n\n',
    `response = requests.${method.toLowerCase()}(\n`,
    `    ${pythonText(address + path)},\n`,
    access === 'secret' &&
      '    auth=(os.environ["ANTEROOM_CLIENT_ID"], os.environ["ANTEROOM_CLIENT_SECRET"]),\n',
    lines.length > 0 && `    headers={\n${lines.map(indented).join('')}    },\n`,
    query.length > 0 &&
      `    params=[\n${query
        .map(([name, value]) => indented(`(${pythonText(name)}, ${pythonText(value)}),`))
        .join('')}    ],\n`,
    body !== undefined && `    json=${pythonValue(body, 4)},\n`,
    '    timeout=30,\n',
    ')\n',
    'print(response.status_code, response.text)',
  ]
    .filter((part) => part !== false)
    .join('');
}

/** JSON's text is Python's as well. @param {string} text */
const pythonText = (text) => JSON.stringify(text);

/** @type {Notation} */
const python = { nothing: 'None', yes: 'True', no: 'False', text: pythonText, key: pythonText };

/** @param {unknown} value @param {number} indent */
const pythonValue = (value, indent) => write(value, python, indent, 4);

/** @param {string} text */
const scriptText = (text) =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

/** @type {Notation} */
const script = {
  nothing: 'null',
  yes: 'true',
  no: 'false',
  text: scriptText,
  key: (name) => (/^[a-z_]\w*$/i.test(name) ? name : scriptText(name)),
};

/** @param {unknown} value @param {number} [indent] */
const scriptValue = (value, indent = 0) => write(value, script, indent, 2);

/**
 * How a language writes values.
 * @typedef {object} Notation
 * @property {string} nothing
 * @property {string} yes
 * @property {string} no
 * @property {(text: string) => string} text
 * @property {(name: string) => string} key
 */

/**
 * @param {unknown} value
 * @param {Notation} notation
 * @param {number} indent spaces before the line
 * @param {number} step further spaces inside
 * @returns {string}
 */
function write(value, notation, indent, step) {
  if (value === null) return notation.nothing;
  if (typeof value === 'boolean') return value ? notation.yes : notation.no;
  if (typeof value === 'string') return notation.text(value);
  if (typeof value !== 'object') return String(value);
  /** @param {unknown} part */
  const inside = (part) => write(part, notation, indent + step, step);
  const parts = Array.isArray(value)
    ? value.map(inside)
    : Object.entries(value).map(([name, part]) => `${notation.key(name)}: ${inside(part)}`);
  const [opening, closing] = Array.isArray(value) ? '[]' : '{}';
  if (parts.length === 0) return `${opening}${closing}`;
  const space = ' '.repeat(indent);
  const lines = parts.map((part) => `${space}${' '.repeat(step)}${part},\n`);
  return `${opening}\n${lines.join('')}${space}${closing}`;
}

/**
 * What of the SDK does what an operation does.
 * @typedef {object} SdkMethod
 * @property {string} name
 * @property {true} [hasId] it takes the id of one first
 * @property {true} [isList] it goes through a list
 * @property {(body: any) => unknown} [bodyOf] what it takes of the body; all of it unless given
 */

/** @type {Record<string, SdkMethod | undefined>} */
const sdkMethods = {
  readCaller: { name: 'me' },
  listDepartments: { name: 'departments', isList: true },
  listCustomFields: { name: 'customFields', isList: true },
  scheduleAppointment: { name: 'appointments.schedule' },
  scheduleManyAppointments: {
    name: 'appointments.scheduleBulk',
    bodyOf: ({ appointments }) => appointments,
  },
  listAppointments: { name: 'appointments.list', isList: true },
  searchAppointments: { name: 'appointments.search', isList: true },
  readAppointment: { name: 'appointments.read', hasId: true },
  changeAppointment: { name: 'appointments.change', hasId: true },
  cancelAppointment: { name: 'appointments.cancel', hasId: true },
  readAppointmentLinks: { name: 'appointments.links', hasId: true },
  rotateAppointmentLinks: {
    name: 'appointments.rotateLinks',
    hasId: true,
    bodyOf: () => undefined,
  },
  readAppointmentTimeline: { name: 'appointments.events', hasId: true, isList: true },
  moveSandboxClock: { name: 'moveClock' },
};

/**
 * @param {string} address
 * @param {Call} call
 */
function sdkSnippet(address, { operation, path, query, headers, body }) {
  const known = sdkMethods[operation];
  if (!known) return '// The SDK has no method of its own for this.';
  const id = decodeURIComponent(path.split('/')[4] ?? '');
  const options = Object.fromEntries(headers.flatMap(optionOf));
  const sent = body === undefined || !known.bodyOf ? body : known.bodyOf(body);
  const words = [
    ...(known.hasId ? [scriptText(id)] : []),
    ...(sent === undefined ? [] : [scriptValue(sent)]),
    ...(body === undefined && query.length > 0 ? [scriptValue(Object.fromEntries(query))] : []),
    ...(Object.keys(options).length > 0 ? [scriptValue(options)] : []),
  ];
  const called = `anteroom.${known.name}(${words.join(', ')})`;
  return `import { Anteroom } from '@anteroom/sdk';

const anteroom = new Anteroom({
  url: ${scriptText(address)},
  clientId: process.env.ANTEROOM_CLIENT_ID,
  clientSecret: process.env.ANTEROOM_CLIENT_SECRET,
});

${known.isList ? `for await (const item of ${called}) console.log(item);` : `console.log(await ${called});`}`;
}

/**
 * A header as the SDK's option.
 * @param {[name: string, value: string]} header
 * @returns {[name: string, value: unknown][]}
 */
function optionOf([name, value]) {
  if (name === 'Idempotency-Key') return [['idempotencyKey', value]];
  if (name === 'If-Match') return [['ifMatch', value]];
  return name === 'Prefer' && value.includes('strict') ? [['isStrict', true]] : [];
}

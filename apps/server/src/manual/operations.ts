import { type ErrorCode, errors } from '@anteroom/contract';
import { type Html, html, sentence, verbatim } from '../platform/html.ts';
import { type Call, snippetsOf } from './browser/snippets.js';
import {
  type Answer,
  type Document,
  jsonType,
  type Operation,
  operationsOf,
  type Parameter,
  resolve,
  type Schema,
  sharedName,
} from './document.ts';
import { fieldsOf, kindOf, objectId, parametersIn } from './fields.ts';
import { openSamples } from './sample.ts';

/** What every part of the manual is written from. */
export interface Source {
  document: Document;
  operations: Operation[];
  /** Codes that every operation with a token can answer; they are said once. */
  common: ErrorCode[];
  /** A value of this shape. */
  sample(schema: Schema): unknown;
}

/** Reads an OpenAPI document. */
export function readSource(document: Document): Source {
  const operations = operationsOf(document);
  const [first, ...others] = operations.filter(({ access }) => access === 'token');
  const isCommon = (code: ErrorCode) => others.every(({ codes }) => codes.includes(code));
  return {
    document,
    operations,
    common: first?.codes.filter(isCommon) ?? [],
    sample: openSamples(document, operations),
  };
}

/** The shared schema of the body, by name. */
export const bodyName = ({ body }: Operation) => sharedName(body?.content[jsonType]?.schema ?? {});

/** One operation: what it takes and answers, how to call it, and a form that calls it. */
export function renderOperation(source: Source, operation: Operation): Html {
  const { document, common } = source;
  const { id, method, path, name, description, scopes, parameters } = operation;
  const call = exampleCall(source, operation);
  const places = [
    ['In the address', 'path'],
    ['In the query', 'query'],
    ['In the headers', 'header'],
  ] as const;
  return html`
    <article class="operation" aria-labelledby="${id}">
    <h3 id="${id}">${name}</h3>
    <p class="route"><span class="method ${method}">${method}</span> <code>${path}</code></p>
    ${renderForm(source, operation, call)}
    <div class="said">
    ${description && html`<p>${sentence(description)}</p>`}
    ${scopes.length > 0 && html`<p>Needs the scope ${scopes.map((scope) => html`<code>${scope}</code>`)}.</p>`}
    ${places.map(([heading, place]) => {
      const fields = parametersIn(document, place, parameters);
      return fields && html`<h4>${heading}</h4>${fields}`;
    })}
    ${renderBody(document, operation)}
    <h4>Answers</h4>
    <ul class="answers">${operation.answers.map((answer) => renderAnswer(document, answer))}</ul>
    ${renderCodes(operation, common)}
    </div>
    <div class="shown">
    ${renderSnippets(document.servers[0]?.url ?? '', call, name)}
    ${renderExampleAnswer(source, operation)}
    </div>
    </article>`;
}

function renderBody(document: Document, operation: Operation): Html | null {
  const schema = operation.body?.content[jsonType]?.schema;
  if (!schema) return null;
  const { description } = operation.body ?? {};
  const name = bodyName(operation);
  return html`<h4${name && html` id="${objectId(name)}"`}>Body</h4>${
    description && html`<p>${sentence(description)}</p>`
  }${fieldsOf(document, schema, 'request')}`;
}

function renderAnswer(document: Document, [status, answer]: [string, Answer]): Html {
  const schema = answer.content?.[jsonType]?.schema;
  const headers = Object.entries(answer.headers ?? {}).filter(([name]) => !everyAnswers.has(name));
  return html`<li><strong class="status">${status}</strong> ${sentence(answer.description)}${
    schema?.$ref && html` ${kindOf(document, schema)}`
  }${schema && !schema.$ref && fieldsOf(document, schema, 'answer')}${
    headers.length > 0 &&
    html`<p class="headers">With ${headers.map(
      ([name], index) => html`${index > 0 && ', '}<code>${name}</code>`,
    )}</p>`
  }</li>`;
}

/** Headers that the guide explains once, for all answers. */
const everyAnswers = new Set(['X-Request-Id', 'RateLimit', 'RateLimit-Policy']);

function renderCodes({ codes, access }: Operation, common: ErrorCode[]): Html | null {
  const own = codes.filter((code) => !common.includes(code));
  if (codes.length === 0) return null;
  return html`<h4>Errors</h4>
    <ul class="codes">${own.map(
      (code) =>
        html`<li><strong class="status">${errors[code].status}</strong> <a href="#error-${code}"><code>${code}</code></a> ${sentence(errors[code].mend)}</li>`,
    )}</ul>
    ${access === 'token' && html`<p>And <a href="#every-operation">those that every operation has</a>.</p>`}`;
}

/** The request that the manual shows: the document's examples, else values of the right shape. */
function exampleCall(source: Source, operation: Operation): Call {
  const { id, method, path, access, parameters, body } = operation;
  const content = body?.content[jsonType];
  const text = ({ schema }: Parameter) => String(source.sample(schema));
  const values = Object.fromEntries(
    parameters.filter((one) => one.in === 'path').map((one) => [one.name, text(one)]),
  );
  return {
    operation: id,
    method,
    path: path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? name),
    query: parameters
      .filter((one) => one.in === 'query' && one.required)
      .map((one) => [one.name, text(one)]),
    headers: parameters.some(({ name }) => name === keyHeader) ? [[keyHeader, exampleKey]] : [],
    access,
    ...(content
      ? { body: content.example ?? firstExample(content) ?? requiredOnly(source, operation) }
      : {}),
  };
}

const keyHeader = 'Idempotency-Key';
const exampleKey = '8f14e45f-ceea-467f-a8d2-5c1c1d0f3b6e';

const firstExample = ({ examples = {} }: { examples?: Record<string, { value?: unknown }> }) =>
  Object.values(examples)[0]?.value;

/** A body with the fields that must be there. */
function requiredOnly({ document, sample }: Source, { body }: Operation): unknown {
  const given = body?.content[jsonType]?.schema;
  const schema = given && resolve(document, given);
  const required = Object.entries(schema?.properties ?? {}).filter(([name]) =>
    schema?.required?.includes(name),
  );
  return Object.fromEntries(required.map(([name, part]) => [name, sample(part)]));
}

/** The request in every language; the style sheet shows the one that the reader has chosen. */
export function renderSnippets(address: string, call: Call, name: string): Html {
  return html`<div class="snippets" data-call="${JSON.stringify(call)}">${snippetsOf(
    address,
    call,
  ).map(
    ({ language, name: languageName, text }) => html`
    <figure data-language="${language}">
    <figcaption>${languageName} <button type="button" class="copy" data-copy disabled aria-label="Copy: ${name}, ${languageName}">Copy</button></figcaption>
    <pre tabindex="0"><code>${verbatim(text)}</code></pre>
    </figure>`,
  )}</div>`;
}

function renderExampleAnswer({ sample }: Source, { answers }: Operation): Html | null {
  const [status, answer] = answers.find(([code]) => code.startsWith('2')) ?? [];
  const content = answer?.content?.[jsonType];
  if (!content?.schema) return null;
  const value = content.example ?? firstExample(content) ?? sample(content.schema) ?? null;
  return html`
    <figure class="example">
    <figcaption>Answer <strong class="status">${status}</strong></figcaption>
    <pre tabindex="0"><code>${verbatim(JSON.stringify(value, null, 2))}</code></pre>
    </figure>`;
}

/** The form that calls the operation from the page; the page's own program fills and sends it. */
function renderForm(source: Source, operation: Operation, call: Call): Html {
  const { id, name, method, path, access, parameters } = operation;
  const body = call.body === undefined ? null : JSON.stringify(call.body, null, 2);
  const inputs = (some: Parameter[]) =>
    some.length > 0 &&
    html`<div class="inputs">${some.map((one) => renderInput(source, one))}</div>`;
  return html`
    <details class="try"><summary>Try it<span class="hidden">: ${name}</span></summary>
    <form data-try data-operation="${id}" data-method="${method}" data-path="${path}" data-access="${access}" autocomplete="off">
    ${inputs(parameters.filter(({ required }) => required))}
    ${body !== null && html`<label>Body <textarea name="body" rows="${Math.min(24, body.split('\n').length)}" spellcheck="false">${verbatim(body)}</textarea></label>`}
    ${inputs(parameters.filter(({ required }) => !required))}
    <p class="actions"><button type="submit" disabled>Send<span class="hidden">: ${name}</span></button>
    <button type="button" data-fresh disabled>Fresh values<span class="hidden">: ${name}</span></button></p>
    <div class="outcome"></div>
    </form>
    </details>`;
}

function renderInput({ document, sample }: Source, parameter: Parameter): Html {
  const { name, in: place, required, schema } = parameter;
  const words = resolve(document, schema.items ?? schema).enum?.filter((word) => word !== null);
  const inputName = `${place}.${name}`;
  const label = html`${name}${required && html` <strong class="required">required</strong>`}`;
  if (words) {
    return html`<label>${label} <select name="${inputName}"><option value="">(none)</option>${words.map(
      (word) => html`<option>${String(word)}</option>`,
    )}</select></label>`;
  }
  return html`<label>${label} <input name="${inputName}"${
    name === keyHeader && html` value="${exampleKey}"`
  }${place === 'path' && html` placeholder="${String(sample(schema))}"`}${required && html` required`}></label>`;
}

import { type ErrorCode, errors } from '@anteroom/contract';
import { type Html, html, sentence } from '../platform/html.ts';
import { type Document, type Operation, requestSchemas, type Schema } from './document.ts';
import { type Direction, fieldsOf, objectId } from './fields.ts';
import { guideChapters } from './guide.ts';
import { bodyName, readSource, renderOperation } from './operations.ts';

export interface PageOptions {
  /** The OpenAPI document of this server. */
  document: Document;
  /** Where the API is, without a slash at the end. */
  address: string;
  /** Where the page's own files are, and which of them are programs. */
  files: string;
  programs: string[];
  rateLimitPerMinute: number;
}

/** The whole manual as one page: the guide, then every operation, object and error code. */
export function renderPage(options: PageOptions): string {
  const { document, address, files, programs, rateLimitPerMinute } = options;
  const source = readSource(document);
  const { operations, common } = source;
  const groups = [...Map.groupBy(operations, ({ group }) => group)];
  const chapters = guideChapters({ address, rateLimitPerMinute, operations });
  const inRequests = requestSchemas(document, operations);
  // A body is described where it is sent.
  const bodies = new Set(operations.map(bodyName));
  const objects = Object.entries(document.components?.schemas ?? {}).filter(
    ([name]) => !bodies.has(name),
  );
  return html`<!doctype html>
<html lang="en" data-address="${address}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Anteroom for programs</title>
<meta name="description" content="How a program schedules video appointments: a guide, and every operation.">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${files}/icon.svg">
<link rel="stylesheet" href="${files}/style.css">
${programs.map(
  (name) => html`<link rel="modulepreload" href="${files}/${name}">
`,
)}<script type="module" src="${files}/page.js"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
<a class="brand" href="#top">Anteroom</a>
<button type="button" class="menu" popovertarget="contents">Contents</button>
${renderLanguages()}
<a class="state with-program" href="#access" data-access-badge>No token</a>
</header>
<nav id="contents" popover aria-label="Contents">${renderContents(chapters, groups)}</nav>
<main id="main" tabindex="-1">
<h1 id="top">Anteroom for programs</h1>
<p class="lead">Schedule video appointments, change them, and learn what became of them.</p>
${chapters.map(
  ({ id, title, text }) =>
    html`<section class="chapter" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${text}</section>`,
)}
<h2 id="reference" class="part">Reference</h2>
${groups.map(
  ([group, members]) => html`<section aria-labelledby="${groupId(group)}">
<h2 id="${groupId(group)}">${group}</h2>
${members.map((operation) => renderOperation(source, operation))}
</section>`,
)}
<section aria-labelledby="objects"><h2 id="objects">Objects</h2>
${objects.map(([name, schema]) =>
  renderObject(document, name, schema as Schema, inRequests.has(name) ? 'request' : 'answer'),
)}
</section>
<section aria-labelledby="codes"><h2 id="codes">Error codes</h2>
${renderErrors(common)}
</section>
</main>
<p id="said" class="hidden" role="status"></p>
</body>
</html>
`.text;
}

const groupId = (group: string) => `group-${group.toLowerCase().replace(/\W+/g, '-')}`;

const languages = [
  ['curl', 'curl'],
  ['python', 'Python'],
  ['sdk', 'SDK'],
] as const;

/** Which language the examples are shown in; the style sheet does it, so it works without a program. */
function renderLanguages(): Html {
  return html`<fieldset class="languages"><legend class="hidden">Show examples in</legend>${languages.map(
    ([language, name], index) =>
      html`<label><input type="radio" name="language" id="show-${language}"${index === 0 && html` checked`}><span>${name}</span></label>`,
  )}</fieldset>`;
}

function renderContents(
  chapters: { id: string; title: string }[],
  groups: [string, Operation[]][],
): Html {
  return html`
<h2>Guide</h2>
<ul>${chapters.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul>
${groups.map(
  ([group, members]) => html`<h2><a href="#${groupId(group)}">${group}</a></h2>
<ul>${members.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul>`,
)}
<h2>Tables</h2>
<ul><li><a href="#objects">Objects</a></li><li><a href="#codes">Error codes</a></li></ul>`;
}

function renderObject(
  document: Document,
  name: string,
  schema: Schema,
  direction: Direction,
): Html {
  return html`<article class="object" aria-labelledby="${objectId(name)}">
<h3 id="${objectId(name)}">${name}</h3>
${schema.description && html`<p>${sentence(schema.description)}</p>`}
${fieldsOf(document, schema, direction)}
</article>`;
}

function renderErrors(common: ErrorCode[]): Html {
  const codes = Object.keys(errors) as ErrorCode[];
  const list = (some: ErrorCode[]) =>
    html`<dl class="errors">${some.map(
      (
        code,
      ) => html`<div id="error-${code}"><dt><strong class="status">${errors[code].status}</strong> <code>${code}</code></dt>
<dd>${sentence(errors[code].message)}</dd><dd class="mend">${sentence(errors[code].mend)}</dd></div>`,
    )}</dl>`;
  return html`<h3 id="every-operation">With every operation that takes a token</h3>
${list(codes.filter((code) => common.includes(code)))}
<h3>With some</h3>
${list(codes.filter((code) => !common.includes(code)))}`;
}

import { createHash } from 'node:crypto';

// Pages that need no program: for who comes to the server by its bare address, or by a wrong one.

const style = `
:root { color-scheme: light dark; font: 100%/1.6 system-ui, sans-serif; background: #fff; color: #17212b; }
body { margin: 0; min-height: 100vh; display: grid; place-content: center; padding: 2rem 1.25rem; box-sizing: border-box; }
main { max-width: 34rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1rem; letter-spacing: -0.02em; text-wrap: balance; }
p { margin: 0 0 1rem; }
ul { list-style: none; margin: 2rem 0 0; padding: 0; display: grid; gap: 0.75rem; }
a { color: #0b645c; }
li a { display: block; padding: 0.875rem 1rem; border: 1px solid #d5dbe0; border-radius: 12px; text-decoration: none; font-weight: 600; }
li a:hover { background: #f4f6f7; }
li span { display: block; font-weight: 400; color: #55606b; }
:focus-visible { outline: 3px solid #0b645c; outline-offset: 3px; border-radius: 6px; }
@media (prefers-color-scheme: dark) {
  :root { background: #10161b; color: #e6ebf0; }
  a { color: #6fd3c7; }
  li a { border-color: #38424c; }
  li a:hover { background: #1b2127; }
  li span { color: #a5b0bb; }
  :focus-visible { outline-color: #6fd3c7; }
}
`;

const render = (title: string, content: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`;

/** For who opens the server's bare address. */
export const frontPage = render(
  'Anteroom',
  `<p>Video appointments that your organisation hosts itself.</p>
<p>If you were invited to an appointment, please open the link in your invitation.</p>
<ul>
<li><a href="/portal/">Sign in <span>For staff: today’s appointments and calls</span></a></li>
<li><a href="/api/docs">Connect a program <span>For developers: the guide to the API</span></a></li>
</ul>`,
);

/** For an address that leads nowhere. */
export const lostPage = render(
  'This page does not exist',
  `<p>The address may have been cut short. If you were invited to an appointment, please open the link
in your invitation again, or copy all of it.</p>
<ul><li><a href="/">Go to the front page</a></li></ul>`,
);

/** For an installation whose pages have not been built. */
export const unbuiltPage = render(
  'The pages have not been built',
  '<p>Stop the server and start it with <code>npm start</code>, which builds them.</p>',
);

/** What these pages may do: show themselves. */
export const plainPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

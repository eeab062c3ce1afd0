/** How many hosts an organisation may list; a refusal names them all. */
export const mostRedirectHosts = 50;

const anyBelow = '*.';

/**
 * Reads an entry of an organisation's list: a host (`www.example.org`), or every host below one
 * (`*.example.org`, not `example.org` itself), with a port unless it is the usual one. Answers it as
 * browsers write hosts, in lower case and ASCII, or null when it is neither.
 */
export function readRedirectHost(text: string): string | null {
  const isWide = text.startsWith(anyBelow);
  const name = isWide ? text.slice(anyBelow.length) : text;
  if (/[\s*/\\@?#]/.test(name)) return null;
  const address = URL.parse(`https://${name}`);
  if (!address || address.hostname.endsWith('.')) return null;
  // Below a whole top level is below too much, and below a number is nothing.
  if (isWide && !/\.[^.\d][^.]*$/.test(address.hostname)) return null;
  return `${isWide ? anyBelow : ''}${address.host}`;
}

/**
 * Whether an address leads to one of these hosts, as browsers read it. One that other programs may
 * read otherwise, with a backslash or white space, never does. No hosts is any host.
 */
export function isOnRedirectHost(address: string, hosts: readonly string[]): boolean {
  if (hosts.length === 0) return true;
  const host = /[\\\s\p{Cc}]/u.test(address) ? undefined : URL.parse(address)?.host;
  return (
    host !== undefined &&
    hosts.some((listed) =>
      listed.startsWith(anyBelow)
        ? host.endsWith(listed.slice(1)) && host.length >= listed.length
        : host === listed,
    )
  );
}

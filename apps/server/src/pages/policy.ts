import type { BuiltPages } from './built.ts';

/**
 * What a page of ours may do: nothing from elsewhere, nothing inline but what it was built with, and
 * no text that becomes markup. Camera and microphone are for the page itself alone.
 */
export function pageHeaders(pages: BuiltPages): Record<string, string> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      ["script-src 'self'", ...pages.inlineScripts].join(' '),
      ["style-src 'self'", ...pages.inlineStyles].join(' '),
      "img-src 'self' data: blob:",
      "media-src 'self' blob:",
      "font-src 'self'",
      "connect-src 'self'",
      "worker-src 'self'",
      "manifest-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
    'permissions-policy':
      'camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()',
  };
}

import encodeQR from 'qr';

/** Modules of white that a reader needs around a code (ISO/IEC 18004). */
const quietZone = 4;

/**
 * Draws a text as a QR code: an SVG image in black on white, one unit a module. Runs of black modules
 * are drawn as one line each, which keeps a long link under ten kilobytes.
 */
export function drawQrCode(text: string): string {
  const rows = encodeQR(text, 'raw', { border: quietZone });
  const size = rows.length;
  const lines = rows.flatMap((row, y) => {
    const modules = row.map((isBlack) => (isBlack ? '1' : '0')).join('');
    return [...modules.matchAll(/1+/g)].map(
      ({ 0: run, index }) => `M${index} ${y}.5h${run.length}`,
    );
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path stroke="#000" d="${lines.join('')}"/></svg>`
  );
}

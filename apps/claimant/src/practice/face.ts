/** Draws the practice person: a face that blinks, speaks and looks about, and says what it is. */
export function drawFace(pen: CanvasRenderingContext2D, seconds: number, loudness: number): void {
  const { width, height } = pen.canvas;
  const sway = Math.sin(seconds * 0.9) * 10;
  const centre = { x: width / 2 + sway, y: height / 2 + Math.sin(seconds * 1.3) * 4 };
  pen.fillStyle = '#dfe8e6';
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = '#c9d8d5';
  pen.fillRect(0, height * 0.78, width, height * 0.22);

  fillOval(pen, centre.x, height + 30, 190, 150, '#3d6f8e');
  fillOval(pen, centre.x, centre.y + 100, 42, 70, '#d9a883');
  fillOval(pen, centre.x, centre.y - 28, 118, 128, '#5a3b2c');
  fillOval(pen, centre.x, centre.y, 100, 122, '#e8bd9b');
  fillOval(pen, centre.x, centre.y - 96, 104, 50, '#5a3b2c');

  const isBlinking = seconds % 4 < 0.16;
  const glance = Math.sin(seconds * 0.5) * 6;
  for (const side of [-1, 1]) {
    const eye = { x: centre.x + side * 38, y: centre.y - 14 };
    fillOval(pen, eye.x, eye.y, 17, isBlinking ? 2 : 11, '#ffffff');
    if (!isBlinking) fillOval(pen, eye.x + glance, eye.y, 7, 8, '#2f4858');
    pen.fillStyle = '#5a3b2c';
    pen.fillRect(eye.x - 20, eye.y - 28, 40, 5);
  }
  fillOval(pen, centre.x, centre.y + 56, 30, 4 + Math.max(0, loudness) * 26, '#9b4a45');

  pen.fillStyle = 'rgb(16 22 27 / 70%)';
  pen.fillRect(0, 0, width, 54);
  pen.fillStyle = '#ffffff';
  pen.font = '600 24px system-ui, sans-serif';
  pen.textAlign = 'center';
  pen.fillText('Practice · not a real person', width / 2, 36);
}

function fillOval(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
  colour: string,
): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.ellipse(x, y, radiusX, radiusY, 0, 0, Math.PI * 2);
  pen.fill();
}

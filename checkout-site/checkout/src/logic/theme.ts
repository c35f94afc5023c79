/** The shop's colour, and a text colour that is readable on it (WCAG 2.2, 1.4.3). */

const CONTRAST_MIN = 4.5;
const INK = "#0f172a";

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const part = parseInt(color.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** White if it is readable on the colour, else dark ink: one of the two always is. */
export function textOn(color: string): string {
  return 1.05 / (luminance(color) + 0.05) >= CONTRAST_MIN ? "#ffffff" : INK;
}

/** Sets the colour through the CSSOM, which the page's CSP allows. */
export function paint(color: string): void {
  const { style } = document.documentElement;
  style.setProperty("--accent", color);
  style.setProperty("--on-accent", textOn(color));
}

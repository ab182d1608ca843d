/** A color of the style sheet, as numbers from 0 to 255. */
export type Color = readonly [red: number, green: number, blue: number];

/** The color in a custom property such as `--positive`, of the form #rrggbb. */
export function themeColor(property: string): Color {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(property).trim().slice(1);
  return [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16)) as unknown as Color;
}

/** Calls back when the system changes between light and dark. */
export function onThemeChange(redraw: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

// Colours that can be read, whatever colour a page wants: contrasts are those of WCAG 2.2.

export type Theme = "light" | "dark";

// The style sheet's --ground: of all that words in the accent stand on, the hardest to be read on.
const GROUND: Readonly<Record<Theme, string>> = { light: "#f4f5f8", dark: "#262a33" };
const DEFAULT: Readonly<Record<Theme, string>> = { light: "#1d5fd1", dark: "#2f6fe4" };
const LEAST = 4.5;

/** The three colours that depend on the page's own: of areas, of words on these, and of words on the ground. */
export function brandColours(wanted: string, theme: Theme): { brand: string; onBrand: string; accent: string } {
  const brand = wanted || DEFAULT[theme];
  const onBrand = contrast("#ffffff", brand) >= LEAST ? "#ffffff" : "#000000";
  const towards = theme === "light" ? "#000000" : "#ffffff";
  let accent = brand;
  for (let share = 0.05; contrast(accent, GROUND[theme]) < LEAST && share <= 1; share += 0.05) {
    accent = mixed(brand, towards, share);
  }
  return { brand, onBrand, accent };
}

/** Contrast of two colours `#rrggbb`, from 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16));
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour)
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mixed(one: string, other: string, share: number): string {
  const there = channels(other);
  const parts = channels(one).map((value, place) => Math.round(value + ((there[place] ?? 0) - value) * share));
  return `#${parts.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

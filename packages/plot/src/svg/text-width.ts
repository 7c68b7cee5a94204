// Hundredths of an em, of the characters 32 to 126: the wider of DejaVu Sans, which is the widest of the common sans-serif fonts, and Inter, also beside letters that change a character's form.
const widths: readonly number[] = [
  32, 41, 47, 84, 65, 99, 78, 30, 40, 40, 64, 84, 32, 46, 32, 37, 64, 64, 64, 64, 65, 64, 64, 64, 64, 64, 34, 34, 84,
  84, 84, 54, 100, 71, 69, 74, 78, 64, 60, 78, 76, 30, 58, 68, 57, 91, 76, 79, 64, 79, 70, 65, 65, 75, 69, 99, 69, 68,
  69, 40, 37, 40, 84, 50, 50, 62, 64, 58, 64, 62, 38, 64, 64, 28, 28, 58, 28, 98, 64, 62, 64, 64, 42, 53, 40, 64, 60,
  82, 60, 60, 56, 64, 34, 64, 84,
];

/**
 * The pixels that a line of text takes at most, whatever sans-serif font it is shown in. Characters beyond ASCII count as a wide letter, those
 * of East Asia and pictograms as a square.
 */
export function textWidth(text: string, fontSize: number, bold: boolean = false): number {
  let hundredths = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const width = widths[code - 32] ?? (code >= 0x1100 ? 105 : 80);
    hundredths += bold ? width + (width > 80 ? 13 : 10) : width;
  }
  return (hundredths / 100) * fontSize;
}

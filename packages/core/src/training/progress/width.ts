/** Characters that many terminals show two columns wide: of East Asian scripts, full-width forms, emoji. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\p{Extended_Pictographic}\u{3000}-\u{303e}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}]/u;
/** The halves of those scripts, and signs that are pictures only where it is asked for. */
const narrow = /[\u{ff61}-\u{ffdc}\u{a9}\u{ae}]/u;
/** Marks on the character before them, and what is not shown. */
const none = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** How many columns a text takes on a terminal. Where terminals differ, the most that any takes: a text that fits by this never wraps. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** As much of a text as fits into so many columns. */
export function cut(text: string, columns: number): string {
  let [width, end] = [0, 0];
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function columnsOf(character: string): number {
  if (character < '\u{7f}') return 1;
  // Asks for the picture: the character before it may then be one column wider than it says.
  if (character === '\u{fe0f}') return 1;
  if (none.test(character)) return 0;
  return wide.test(character) && !narrow.test(character) ? 2 : 1;
}

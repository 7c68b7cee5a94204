import headless, { type Terminal } from '@xterm/headless';

/** What people see: a terminal in memory, of which each write is kept. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #written: string[] = [];
  #shown = 0;

  constructor(columns: number, rows: number = 200) {
    const { Terminal } = headless;
    // The driver of a terminal puts a return before each new line.
    this.#terminal = new Terminal({ cols: columns, rows, scrollback: 1000, convertEol: true, allowProposedApi: true });
  }

  readonly write = (text: string): void => void this.#written.push(text);

  get columns(): number {
    return this.#terminal.cols;
  }

  get written(): readonly string[] {
    return this.#written;
  }

  resize(columns: number): void {
    this.#terminal.resize(columns, this.#terminal.rows);
  }

  /** Shows the next write. False where there is none. */
  async step(): Promise<boolean> {
    const next = this.#written[this.#shown];
    if (next === undefined) return false;
    this.#shown++;
    await this.put(next);
    return true;
  }

  /** Shows all that is written. */
  async settle(): Promise<void> {
    while (await this.step());
  }

  /** Shows a text as it is. */
  put(text: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(text, resolve));
  }

  /** The lines above the cursor; one that the terminal has broken is put together again. Those that have scrolled away are among them. */
  get above(): readonly string[] {
    const lines: string[] = [];
    for (let y = 0; y < this.cursor.y; y++) {
      const row = this.#row(y);
      if (row?.isWrapped === true) lines.push(`${lines.pop() ?? ''}${row.translateToString(false)}`);
      else lines.push(row?.translateToString(false) ?? '');
    }
    return lines.map((each) => each.trimEnd());
  }

  /** All rows, down to the last that has something in it. */
  get rows(): readonly string[] {
    const { length } = this.#terminal.buffer.active;
    const rows = Array.from({ length }, (_, y) => this.#row(y)?.translateToString(true) ?? '');
    return rows.slice(0, rows.findLastIndex((text) => text !== '') + 1);
  }

  /** The rows from the cursor's on. */
  get below(): readonly string[] {
    return this.rows.slice(this.cursor.y);
  }

  get cursor(): { readonly x: number; readonly y: number } {
    const { cursorX, cursorY, baseY } = this.#terminal.buffer.active;
    return { x: cursorX, y: baseY + cursorY };
  }

  #row(y: number): ReturnType<Terminal['buffer']['active']['getLine']> {
    return this.#terminal.buffer.active.getLine(y);
  }
}

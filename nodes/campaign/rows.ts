// Stores the rows of a campaign's entries outside the heap. Results contain them unchanged.

/** Rows as JSON in blocks of bytes. A block is released when all of its rows were dropped. */
export class Rows {
  readonly #blocks: (
    | { readonly from: number; readonly ends: Uint32Array; readonly bytes: Buffer; left: number }
    | undefined
  )[] = [];
  readonly #perBlock: number;

  /** @param perBlock the number of rows in a block; all blocks except the last are full */
  constructor(perBlock: number) {
    this.#perBlock = perBlock;
  }

  /** Adds a block. @param rows JSON texts. @param from the index of the first, a multiple of `perBlock` */
  add(from: number, rows: readonly string[]): void {
    const bytes = Buffer.from(rows.join(""));
    const ends = new Uint32Array(rows.length);
    let end = 0;
    for (const [index, row] of rows.entries()) {
      end += Buffer.byteLength(row);
      ends[index] = end;
    }
    this.#blocks[from / this.#perBlock] = { from, ends, bytes, left: rows.length };
  }

  /** The row of an entry; undefined after it was dropped with its block. */
  get(index: number): unknown {
    const block = this.#blocks[Math.floor(index / this.#perBlock)];
    if (block === undefined) return undefined;
    const place = index - block.from;
    const start = place === 0 ? 0 : (block.ends[place - 1] ?? 0);
    return JSON.parse(block.bytes.toString("utf8", start, block.ends[place] ?? start));
  }

  /** Drops a row. Call this once per entry. */
  drop(index: number): void {
    const place = Math.floor(index / this.#perBlock);
    const block = this.#blocks[place];
    if (block === undefined) return;
    block.left -= 1;
    if (block.left === 0) this.#blocks[place] = undefined;
  }
}

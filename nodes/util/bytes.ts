// Collects the bytes of a body that comes in chunks.

const smallest = 1024;

/**
 * A body as far as it has come. It holds at most twice its bytes, or 1 KiB: chunks are copied, because a chunk of one byte costs an
 * object and keeps the whole packet that it came in.
 */
export class Bytes {
  // Not from the pool of small Buffers, which would stay in memory as a whole.
  #buffer = Buffer.allocUnsafeSlow(smallest);
  #size = 0;

  /** How many bytes have come. */
  get size(): number {
    return this.#size;
  }

  /** Adds a copy of a chunk. */
  add(chunk: Buffer): void {
    const size = this.#size + chunk.length;
    if (size > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#size);
    this.#size = size;
  }

  /** What has come; valid until more is added. */
  whole(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }
}

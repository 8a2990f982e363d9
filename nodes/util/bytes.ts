// Collects the bytes of a body that comes in chunks.

const smallest = 1024;

/**
 * The bytes of a body received so far. Memory is at most twice its size, or 1 KiB. Chunks are copied: a chunk of one byte costs an object,
 * and keeps the whole packet in memory.
 */
export class Bytes {
  // Not from Node's pool of small Buffers: the whole pool would stay in memory.
  #buffer = Buffer.allocUnsafeSlow(smallest);
  #size = 0;

  /** The number of bytes received. */
  get size(): number {
    return this.#size;
  }

  /** Appends a copy of a chunk. */
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

  /** The bytes received so far; valid until the next chunk is added. */
  whole(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }
}

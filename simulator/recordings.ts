// The recordings: WAV files generated while they are sent, a soft tone as long as the call.
import { Readable } from "node:stream";

const sampleRate = 8000;
const bytesPerSample = 2;
const bytesPerSecond = sampleRate * bytesPerSample;
const headerBytes = 44;

/** One second of a 440 Hz tone: a whole number of waves, so that seconds join without a click. */
const second = (() => {
  const samples = Buffer.alloc(bytesPerSecond);
  for (let i = 0; i < sampleRate; i++) {
    samples.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * 440 * i) / sampleRate)), i * bytesPerSample);
  }
  return samples;
})();

const header = (dataBytes: number): Buffer => {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(headerBytes - 8 + dataBytes, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16); // the length of what describes the format
  bytes.writeUInt16LE(1, 20); // PCM
  bytes.writeUInt16LE(1, 22); // channels
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(bytesPerSecond, 28);
  bytes.writeUInt16LE(bytesPerSample, 32);
  bytes.writeUInt16LE(8 * bytesPerSample, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(dataBytes, 40);
  return bytes;
};

/** The size in bytes of a recording with this duration. */
export const recordingBytes = (seconds: number): number => headerBytes + seconds * bytesPerSecond;

/** A recording with this duration: PCM, 8 kHz, mono, 16 bits. */
export const recordingOf = (seconds: number): Readable => {
  function* parts() {
    yield header(seconds * bytesPerSecond);
    for (let i = 0; i < seconds; i++) yield second;
  }
  return Readable.from(parts());
};

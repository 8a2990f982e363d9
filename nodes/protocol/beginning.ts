// Distinguishes recordings from error pages and messages by the first bytes of an answer, whatever its Content-Type. Pure functions.

/** How a page or a message begins: a tag, a comment or a declaration; a JSON object or array. */
const page = /^(?:<(?:[a-z][\w:.-]*[\s/>]|\/[a-z]|!--|!doctype|!\[cdata|[?%])|\{\s*["'}]|\[\s*(?:[[{"'\]]|-?\d))/i;

/** Whether a text has control characters other than white space. Pages have none; nearly every audio file has some at its beginning. */
const hasControls = (text: string): boolean => Array.from(text).some((one) => one < " " && !/\s/.test(one));

/** Signatures of audio files that are also printable text. */
const audio = /^(?:RIFF|RIFX|RF64|FORM|ID3|OggS|fLaC|#!AMR|#!SILK|\.snd|caff|MAC |wvpk)/;

/** Names of file formats by their first bytes. */
const formats: readonly (readonly [RegExp, string])[] = [
  [/^(?:RIFF|RIFX|RF64).{4}WAVE/s, "WAV"],
  [/^(?:ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff])/, "MP3"],
  [/^OggS/, "Ogg"],
  [/^#!AMR/, "AMR"],
  [/^fLaC/, "FLAC"],
  [/^\.snd/, "AU"],
  [/^.{4}ftyp/s, "MP4"],
];

/** The name of the audio format of a file, if it is a common one. */
export const audioName = (head: Buffer): string | undefined =>
  formats.find(([beginning]) => beginning.test(head.toString("latin1", 0, 16)))?.[1];

/** How many characters after leading white space are checked. */
const looked = 256;

/** Maximum number of white-space characters before a page. */
const longestLead = 8192;

/** The longest text that counts as a message if the Content-Type is a generic binary one. */
const longestMessage = 4096;

/** The beginning as text: decoded by its byte order mark; without one, each byte is a character. */
function textOf(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return head.subarray(2).toString("utf16le");
  if (head[0] === 0xfe && head[1] === 0xff) {
    return Buffer.from(head.subarray(2, head.length - (head.length % 2)))
      .swap16()
      .toString("utf16le");
  }
  return head.toString("latin1").replace(/^\xef\xbb\xbf/, "");
}

const isPage = (text: string): boolean => page.test(text) && !hasControls(text.slice(0, looked));

/** Whether a beginning is long enough to decide; leading white space does not count. */
export const isEnough = (head: Buffer): boolean => {
  if (head.length < looked) return false;
  return head.length >= longestLead || textOf(head).trimStart().length >= looked;
};

/**
 * Whether an answer is a page or a message rather than a recording.
 * @param head its beginning, long enough for `isEnough`, or the complete answer
 * @param type the Content-Type, or ""
 * @param whole whether `head` is the complete answer
 */
export function isNoRecording(head: Buffer, type: string, whole: boolean): boolean {
  const text = textOf(head).trimStart();
  if (text === "" || isPage(text)) return true;
  // A short printable text with a generic binary type: no recording is that short or printable.
  const anyBytes = /^application\/(?:octet-stream|x-download|force-download|download)/i.test(type);
  return whole && anyBytes && head.length <= longestMessage && !audio.test(text) && isPrintable(head);
}

/** Whether bytes are printable UTF-8 text. */
function isPrintable(bytes: Buffer): boolean {
  const text = bytes.toString("utf8");
  return !text.includes("\ufffd") && !hasControls(text);
}

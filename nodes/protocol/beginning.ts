// Tells pages and messages of errors from recordings by how an answer begins, whatever its type says. Pure functions.

/** What begins a page or a message: a tag, a comment, a declaration; an object or a list of JSON. */
const page = /^(?:<(?:[a-z][\w:.-]*[\s/>]|\/[a-z]|!--|!doctype|!\[cdata|[?%])|\{\s*["'}]|\[\s*(?:[[{"'\]]|-?\d))/i;

/** Whether a text has control characters that are no white space: no page has them, and hardly an audio file has none at its beginning. */
const hasControls = (text: string): boolean => Array.from(text).some((one) => one < " " && !/\s/.test(one));

/** The marks of audio files that are also text. */
const audio = /^(?:RIFF|RIFX|RF64|FORM|ID3|OggS|fLaC|#!AMR|#!SILK|\.snd|caff|MAC |wvpk)/;

/** By the first bytes of a file, the name of its format. */
const formats: readonly (readonly [RegExp, string])[] = [
  [/^(?:RIFF|RIFX|RF64).{4}WAVE/s, "WAV"],
  [/^(?:ID3|\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff])/, "MP3"],
  [/^OggS/, "Ogg"],
  [/^#!AMR/, "AMR"],
  [/^fLaC/, "FLAC"],
  [/^\.snd/, "AU"],
  [/^.{4}ftyp/s, "MP4"],
];

/** The name of the audio format that a file begins with, if it is one of the usual ones. */
export const audioName = (head: Buffer): string | undefined =>
  formats.find(([beginning]) => beginning.test(head.toString("latin1", 0, 16)))?.[1];

/** How many characters after the white space are looked at. */
const looked = 256;

/** How much white space may stand before a page. */
const longestLead = 8192;

/** The longest text that is taken for a message where the type is that of any bytes. */
const longestMessage = 4096;

/** The beginning as text: by its byte order mark, else with each byte a character. */
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

/** Whether a beginning is long enough to be judged; white space does not count. */
export const isEnough = (head: Buffer): boolean => {
  if (head.length < looked) return false;
  return head.length >= longestLead || textOf(head).trimStart().length >= looked;
};

/**
 * Whether an answer is a page or a message, and no recording.
 * @param head its beginning, as long as `isEnough` wants it, or all of it
 * @param type the Content-Type, or ""
 * @param whole whether that is all of it
 */
export function isNoRecording(head: Buffer, type: string, whole: boolean): boolean {
  const text = textOf(head).trimStart();
  if (text === "" || isPage(text)) return true;
  // A few words that are called a stream of bytes: no recording is so short, and none is printable.
  const anyBytes = /^application\/(?:octet-stream|x-download|force-download|download)/i.test(type);
  return whole && anyBytes && head.length <= longestMessage && !audio.test(text) && isPrintable(head);
}

/** Whether bytes are a text in UTF-8. */
function isPrintable(bytes: Buffer): boolean {
  const text = bytes.toString("utf8");
  return !text.includes("\ufffd") && !hasControls(text);
}

// How a push that is told of is sent: as platforms send it, or wrong on purpose.
import type { Reader } from "./reader";
import { type PushToSign, type SignedPush, signPush } from "./signing";

/** What is sent. */
export interface Letter {
  readonly body: string;
  /** "" sends none. */
  readonly contentType: string;
  /** Who signed it; undefined where nobody did. */
  readonly authentication: SignedPush["authentication"] | undefined;
}

export interface Style {
  /** Whether platforms send such pushes. They are tried again until they are taken, and can be repeated later; others are sent once. */
  readonly genuine: boolean;
  /** Writes a push when its turn has come. */
  readonly write: (push: PushToSign) => Letter;
}

/** A name for a style: what it needs to be told, and the style that comes of it. */
interface NamedStyle {
  /** What is pushed: an event or a notify that is given, an earlier push, or nothing that has either. */
  readonly content: "given" | "earlier" | "none";
  /** Reads the fields of the style's own. `earlier` is the earlier push that it builds on, undefined if there has been none. */
  readonly read: (reader: Reader, earlier: Letter | undefined) => Style;
}

const json = "application/json";

const letterOf = (signed: SignedPush): Letter => ({
  body: JSON.stringify(signed),
  contentType: json,
  authentication: signed.authentication,
});

const genuine = (write: (push: PushToSign) => SignedPush): Style => ({
  genuine: true,
  write: (push) => letterOf(write(push)),
});

const wrong = (write: (push: PushToSign) => SignedPush): Style => ({
  genuine: false,
  write: (push) => letterOf(write(push)),
});

/** As this platform pushes. */
export const valid = genuine(signPush);

/** Of the right shape, but signed with another password. */
export const forged = wrong((push) => signPush({ ...push, password: `not ${push.password}` }));

/** The digest in upper-case hex. */
const upper = genuine((push) => {
  const { authentication, ...rest } = signPush(push);
  return { authentication: { ...authentication, digest: authentication.digest.toUpperCase() }, ...rest };
});

/** The timestamp in seconds. */
const seconds = genuine((push) => signPush({ ...push, timestamp: Math.floor(Date.now() / 1000) }));

/** The furthest that a timestamp can be from now, in seconds: thirty years, so that it stays a timestamp. */
const furthest = 1e9;

/** What a style that builds on an earlier push is without one. */
const withoutEarlier = (reader: Reader): Style => {
  reader.wrong("as", "there is no earlier push");
  return valid;
};

/** The names of the styles; the first one is meant where none is named. */
export const styleNames = [
  "valid",
  "repeat",
  "reused",
  "forged",
  "old",
  "junk",
  "stranger",
  "upper",
  "seconds",
] as const;

/** The styles by name. */
export const styles: Readonly<Record<(typeof styleNames)[number], NamedStyle>> = {
  valid: { content: "given", read: () => valid },
  /** An earlier push again, byte for byte. */
  repeat: {
    content: "earlier",
    read: (reader, earlier) =>
      earlier === undefined ? withoutEarlier(reader) : { genuine: false, write: () => earlier },
  },
  /** An earlier push's authentication block around another content. */
  reused: {
    content: "given",
    read: (reader, earlier) => {
      const authentication = earlier?.authentication;
      if (authentication === undefined) return withoutEarlier(reader);
      return wrong((push) => ({ ...signPush(push), authentication }));
    },
  },
  forged: { content: "given", read: () => forged },
  /** `seconds` ago; in the future if negative. */
  old: {
    content: "given",
    read: (reader) => {
      const ago = reader.integer("seconds", { min: -furthest, max: furthest, fallback: 3600 });
      return wrong((push) => signPush({ ...push, timestamp: Date.now() - ago * 1000 }));
    },
  },
  /** A `body` of any kind. */
  junk: {
    content: "none",
    read: (reader) => {
      const body = reader.text("body", "This is not JSON.");
      const letter = { body, contentType: reader.text("contentType", json), authentication: undefined };
      return { genuine: false, write: () => letter };
    },
  },
  /** Signed for another `customer`. */
  stranger: {
    content: "given",
    read: (reader) => {
      const customer = reader.text("customer", "stranger");
      return wrong((push) => signPush({ ...push, customer }));
    },
  },
  upper: { content: "given", read: () => upper },
  seconds: { content: "given", read: () => seconds },
};

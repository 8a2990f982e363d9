// Styles of the pushes that an instruction requests: as platforms send them, or deliberately wrong.
import type { Reader } from "./reader";
import { type PushToSign, type SignedPush, signPush } from "./signing";

/** The request that is sent. */
export interface Letter {
  readonly body: string;
  /** "" for none. */
  readonly contentType: string;
  /** The signature; undefined for an unsigned push. */
  readonly authentication: SignedPush["authentication"] | undefined;
}

export interface Style {
  /** Whether platforms send such pushes. These are retried until they are taken, and can be repeated later; others are sent once. */
  readonly genuine: boolean;
  /** Builds the request when it is the push's turn. */
  readonly write: (push: PushToSign) => Letter;
}

/** A named style: its fields in the instruction, and the style that they define. */
interface NamedStyle {
  /** What is pushed: a given event or notify, an earlier push, or neither. */
  readonly content: "given" | "earlier" | "none";
  /** Reads the style's own fields. `earlier` is the earlier push that it builds on, undefined if there is none. */
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

/** Well-formed, but signed with another password. */
export const forged = wrong((push) => signPush({ ...push, password: `not ${push.password}` }));

/** The digest in upper-case hex. */
const upper = genuine((push) => {
  const { authentication, ...rest } = signPush(push);
  return { authentication: { ...authentication, digest: authentication.digest.toUpperCase() }, ...rest };
});

/** The timestamp in seconds. */
const seconds = genuine((push) => signPush({ ...push, timestamp: Math.floor(Date.now() / 1000) }));

/** Maximum difference of a timestamp from now, in seconds: thirty years, so that its format stays the same. */
const furthest = 1e9;

/** The result of a style that needs an earlier push if there is none. */
const withoutEarlier = (reader: Reader): Style => {
  reader.wrong("as", "there is no earlier push");
  return valid;
};

/** The names of the styles; the first one is the default. */
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
  /** Repeats an earlier push, byte for byte. */
  repeat: {
    content: "earlier",
    read: (reader, earlier) =>
      earlier === undefined ? withoutEarlier(reader) : { genuine: false, write: () => earlier },
  },
  /** An earlier push's authentication block with another content. */
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
  /** An arbitrary `body`. */
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

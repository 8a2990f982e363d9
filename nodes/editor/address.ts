// The address for the platform's operator. Does not use the page.

/** An address, and the name of its machine. Parts may be variables such as ${PORT}, so that it need not be a URL. */
export interface PushAddress {
  readonly address: string;
  readonly hostname: string;
}

/** The address for pushes as far as the editor knows it; undefined if Node-RED has no server for it. */
export function pushAddress(
  read: (property: string) => unknown,
  here: { readonly protocol: string; readonly hostname: string; readonly port: string },
  root: unknown,
): PushAddress | undefined {
  const textOf = (property: string) => String(read(property) ?? "").trim();
  const path = textOf("pushPath");
  const port = textOf("pushPort");
  const host = (name: string) => (name.includes(":") && !name.startsWith("[") ? `[${name}]` : name);
  if (port !== "") {
    const own = textOf("pushHost");
    const name = ["", "0.0.0.0", "::"].includes(own) ? here.hostname : own;
    const tls = !["", "_ADD_"].includes(textOf("pushTls"));
    return { address: `http${tls ? "s" : ""}://${host(name)}:${port}${path}`, hostname: name };
  }
  if (root === false) return undefined;
  const before = String(root ?? "/").replace(/\/+$/, "");
  const authority = `${host(here.hostname)}${here.port === "" ? "" : `:${here.port}`}`;
  return { address: `${here.protocol}//${authority}${before}${path}`, hostname: here.hostname };
}

/** Whether other machines cannot reach a host name. */
export const isThisMachine = (hostname: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(hostname);

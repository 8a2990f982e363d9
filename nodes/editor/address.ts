// The address to hand to the platform's operator. Knows nothing of the page.

/** Where the platform has to push to, as far as it can be known here; undefined where Node-RED has no server for it. */
export function pushAddress(
  read: (property: string) => unknown,
  here: { readonly protocol: string; readonly hostname: string; readonly port: string },
  root: unknown,
): string | undefined {
  const textOf = (property: string) => String(read(property) ?? "").trim();
  const path = textOf("pushPath");
  const port = textOf("pushPort");
  const host = (name: string) => (name.includes(":") && !name.startsWith("[") ? `[${name}]` : name);
  if (port !== "") {
    const own = textOf("pushHost");
    const name = ["", "0.0.0.0", "::"].includes(own) ? here.hostname : own;
    const tls = !["", "_ADD_"].includes(textOf("pushTls"));
    return `http${tls ? "s" : ""}://${host(name)}:${port}${path}`;
  }
  if (root === false) return undefined;
  const before = String(root ?? "/").replace(/\/+$/, "");
  return `${here.protocol}//${host(here.hostname)}${here.port === "" ? "" : `:${here.port}`}${before}${path}`;
}

/** Whether a host is one that no other machine can reach. */
export const isThisMachine = (hostname: string): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(hostname);

// Types of packages that have none.

declare module "proxy-from-env" {
  /** The proxy that http_proxy, https_proxy, all_proxy and no_proxy name for a URL; "" for none. */
  export function getProxyForUrl(url: string): string;
}

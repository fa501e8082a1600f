import { allowInsecureRequests, type Configuration } from 'openid-client';

/** Lets a provider on this machine be asked without encryption; the settings take no other address of that kind. */
export function allowLoopback(config: Configuration): void {
  allowInsecureRequests(config);
}

/** The same for discovery, which looks for the very function of the library. */
export const LOOPBACK_DISCOVERY = [allowInsecureRequests];

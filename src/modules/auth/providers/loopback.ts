import { allowInsecureRequests } from 'openid-client';

/**
 * Lets a provider on this machine be asked without encryption; the settings take no other address of that kind. The very
 * function of the library, which looks for it before it discovers a provider.
 */
export const allowLoopback = allowInsecureRequests;

/** Keys of what the decorators say about a handler. */
export const ACCESS_RULE = 'access-rule';
export const ALLOW_REMEMBERED = 'allow-remembered-session';
export const REFRESH_COOKIE_ROUTE = 'refresh-cookie-route';

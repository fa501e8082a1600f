/** What registration answers: the account, in the words of the users module. */
export { UserResponse as AccountResponse } from '../../users/index.js';

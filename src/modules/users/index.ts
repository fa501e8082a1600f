export { AccountsService, type NewAccount } from './accounts.service.js';
export { fullName, toUserResponse, UserResponse } from './dto/user.response.js';
export { IsUsername } from './dto/username.validator.js';
export { UserGrant } from './user-grant.entity.js';
export { UserRole } from './user-role.entity.js';
export { LANGUAGES, User, bigintAsNumber, type Language } from './user.entity.js';
export { UsersModule } from './users.module.js';
export { canAuthenticate, highestRole, mayReturn } from './users.policy.js';
export type { SignInName } from './users.repository.js';

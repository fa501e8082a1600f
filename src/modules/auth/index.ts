export { ApiKey } from './api-keys/api-key.entity.js';
export { AuthModule } from './auth.module.js';
export { Credential } from './credential.entity.js';
export { RefreshToken } from './refresh-token.entity.js';
export { RegistrationService } from './registration.service.js';
export { Session } from './session.entity.js';
export { normaliseEmail } from './sign-in-name.js';

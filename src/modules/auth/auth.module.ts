import { Global, Module } from '@nestjs/common';
import { AuthConfig, loadOrCreateSecrets, ServerConfig } from '../../platform/config/index.js';
import { PrincipalSource } from '../../platform/security/index.js';
import { FamilyModule } from '../family/index.js';
import { UsersModule } from '../users/index.js';
import { AuthController } from './auth.controller.js';
import { AuthFlow } from './auth.flow.js';
import { CredentialsRepository } from './credentials.repository.js';
import { AccountMailService } from './mail/account-mail.service.js';
import { EmailController } from './mail/email.controller.js';
import { EmailService } from './mail/email.service.js';
import { LinkController } from './mail/link.controller.js';
import { MailDeliveryService } from './mail/mail-delivery.service.js';
import { MailTokensRepository } from './mail/mail-tokens.repository.js';
import { RecoveryController } from './mail/recovery.controller.js';
import { RecoveryService } from './mail/recovery.service.js';
import { DeviceSignInService } from './devices/device-sign-in.service.js';
import { DeviceThrottle } from './devices/device-throttle.js';
import { DeviceFlow } from './devices/device.flow.js';
import { DevicesController } from './devices/devices.controller.js';
import { DevicesRepository } from './devices/devices.repository.js';
import { DevicesService } from './devices/devices.service.js';
import { LoginService } from './login.service.js';
import { MeService } from './me.service.js';
import { PasswordHasher } from './password/password-hasher.js';
import { PasswordService } from './password/password.service.js';
import { RegistrationService } from './registration.service.js';
import { SessionPrincipals } from './session-principals.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SetupToken } from './setup-token.js';
import { SignInThrottle } from './sign-in-throttle.js';
import { TokenDelivery } from './token-delivery.js';
import { AccessTokens } from './tokens/access-tokens.js';
import { KeyRing } from './tokens/key-ring.js';

/** Sign-in. Global, because the guards of every route ask its `PrincipalSource`. */
@Global()
@Module({
  imports: [UsersModule, FamilyModule],
  controllers: [
    AuthController,
    SessionsController,
    RecoveryController,
    EmailController,
    LinkController,
    DevicesController,
  ],
  providers: [
    {
      provide: KeyRing,
      inject: [AuthConfig, ServerConfig],
      useFactory: ({ jwtSecret, jwtSecretPrevious }: AuthConfig, { dataDir }: ServerConfig) =>
        new KeyRing(
          jwtSecret === undefined ? loadOrCreateSecrets(dataDir) : { current: jwtSecret, previous: jwtSecretPrevious },
        ),
    },
    { provide: PrincipalSource, useExisting: SessionPrincipals },
    SessionPrincipals,
    AccessTokens,
    AccountMailService,
    AuthFlow,
    CredentialsRepository,
    DeviceFlow,
    DeviceSignInService,
    DeviceThrottle,
    DevicesRepository,
    DevicesService,
    EmailService,
    LoginService,
    MailDeliveryService,
    MailTokensRepository,
    MeService,
    PasswordHasher,
    PasswordService,
    RecoveryService,
    RegistrationService,
    SessionsRepository,
    SessionsService,
    SetupToken,
    SignInThrottle,
    TokenDelivery,
  ],
  exports: [PrincipalSource, RegistrationService],
})
export class AuthModule {}

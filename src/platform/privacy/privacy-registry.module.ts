import { Global, Module } from '@nestjs/common';
import { PrivacyRegistry } from './privacy-registry.js';

/** Where modules say what they keep of people. What is done with it is the feature `modules/privacy`. */
@Global()
@Module({ providers: [PrivacyRegistry], exports: [PrivacyRegistry] })
export class PrivacyRegistryModule {}

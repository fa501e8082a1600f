import { ApiProperty } from '@nestjs/swagger';
import type { Provider } from '../provider.js';

class ProviderResponse {
  @ApiProperty({ example: 'google' })
  id!: string;

  @ApiProperty({ example: 'Google' })
  name!: string;

  @ApiProperty({ example: '/api/v1/auth/login/google', description: 'Where to send the browser' })
  login_path!: string;
}

export class ProvidersResponse {
  @ApiProperty({ type: [ProviderResponse] })
  data!: ProviderResponse[];
}

export class LinkResponse {
  @ApiProperty({ format: 'uri', description: 'Where to send the browser, which has got a cookie for coming back' })
  authorization_url!: string;
}

export const toProvidersResponse = (providers: readonly Provider[]): ProvidersResponse => ({
  data: providers.map(({ id, name }) => ({ id, name, login_path: `/api/v1/auth/login/${id}` })),
});

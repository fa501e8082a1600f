import { ApiProperty } from '@nestjs/swagger';

/** What asking for a mail answers: the same whether one is sent or not. */
export class MailRequestedResponse {
  @ApiProperty({ example: 'If a mail is due, it is on its way' })
  detail!: string;
}

export const MAIL_REQUESTED: MailRequestedResponse = { detail: 'If a mail is due, it is on its way' };

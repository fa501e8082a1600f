/** What an allowed request of the matrix answers where that is not a success, so that it leaves no trace. */
export const HARMLESS: Readonly<Record<string, { readonly status: number; readonly code: string }>> = {
  Auth_changePassword: { status: 400, code: 'wrong_password' },
  Identities_link: { status: 404, code: 'provider_not_found' },
  Telegram_link: { status: 404, code: 'provider_not_found' },
  Erasure_request: { status: 400, code: 'wrong_password' },
  Erasure_requestForMember: { status: 400, code: 'wrong_password' },
  Erasure_requestForUser: { status: 400, code: 'wrong_password' },
  Email_change: { status: 400, code: 'wrong_password' },
  Devices_createCode: { status: 404, code: 'member_not_found' }, // the example's member, who is nobody
  Invitations_accept: { status: 404, code: 'invitation_invalid' },
  Alerts_test: { status: 409, code: 'alerts_no_channel' },
  Backups_request: { status: 409, code: 'backups_off' },
  Family_found: { status: 400, code: 'validation_failed' }, // a family of their own would change their role
};

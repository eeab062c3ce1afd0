import Type, { type Static } from 'typebox';
import { nullable } from './schema.ts';

/** A parameter without a value counts as left out (RFC 6749 section 3.2). */
const text = () => Type.Optional(nullable(Type.String({ maxLength: 2000 })));

/** The body of `POST /oauth2/token` (RFC 6749 section 4.4). */
export const tokenRequest = Type.Object({
  grant_type: text(),
  scope: text(),
  client_id: text(),
  client_secret: text(),
});

/** The body of `POST /oauth2/revoke` (RFC 7009 section 2.1). */
export const revokeRequest = Type.Object({
  token: text(),
  token_type_hint: text(),
  client_id: text(),
  client_secret: text(),
});

/** What the token endpoint answers, and no more keys than these (contract section 1). */
export const tokenAnswer = Type.Object({
  access_token: Type.String(),
  expires_in: Type.Integer({ description: 'Seconds.' }),
  token_type: Type.Literal('Bearer'),
});

export type TokenRequest = Static<typeof tokenRequest>;
export type RevokeRequest = Static<typeof revokeRequest>;
export type TokenAnswer = Static<typeof tokenAnswer>;

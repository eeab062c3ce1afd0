import Type, { type Static } from 'typebox';
import { nullable, word } from './schema.ts';

/** A parameter without a value counts as left out (RFC 6749 section 3.2). */
const text = () => Type.Optional(nullable(Type.String({ maxLength: 2000 })));

/** The body of `POST /oauth2/token` (RFC 6749 section 4.4). */
export const tokenRequest = Type.Object(
  {
    grant_type: text(),
    scope: text(),
    client_id: text(),
    client_secret: text(),
  },
  { title: 'TokenRequest' },
);

/** The body of `POST /oauth2/revoke` (RFC 7009 section 2.1). */
export const revokeRequest = Type.Object(
  {
    token: text(),
    token_type_hint: text(),
    client_id: text(),
    client_secret: text(),
  },
  { title: 'RevokeRequest' },
);

/** What the token endpoint answers, and no more keys than these (contract section 1). */
export const tokenAnswer = Type.Object(
  {
    access_token: Type.String(),
    expires_in: Type.Integer({ description: 'Seconds.' }),
    token_type: Type.Literal('Bearer'),
  },
  { title: 'Token' },
);

/** An error of `/oauth2` (RFC 6749 section 5.2). */
export const oauthErrorAnswer = Type.Object(
  {
    error: word(['invalid_request', 'invalid_client', 'unsupported_grant_type', 'invalid_scope']),
    error_description: Type.String(),
  },
  { title: 'OAuthError', description: 'A refusal in the shape of RFC 6749 section 5.2.' },
);

const texts = () => Type.Array(Type.String());

/** `/.well-known/oauth-authorization-server` (RFC 8414). */
export const oauthMetadata = Type.Object(
  {
    issuer: Type.String(),
    token_endpoint: Type.String(),
    revocation_endpoint: Type.String(),
    grant_types_supported: texts(),
    response_types_supported: texts(),
    token_endpoint_auth_methods_supported: texts(),
    revocation_endpoint_auth_methods_supported: texts(),
    scopes_supported: texts(),
    service_documentation: Type.String(),
  },
  { title: 'AuthorizationServer' },
);

export type TokenRequest = Static<typeof tokenRequest>;
export type RevokeRequest = Static<typeof revokeRequest>;
export type TokenAnswer = Static<typeof tokenAnswer>;

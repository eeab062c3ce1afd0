import Type, { type Static } from 'typebox';
import { nullable, word } from './schema.ts';

/** What a custom field takes. */
export const customFieldTypes = ['text', 'number', 'date', 'boolean', 'choice'] as const;

export type CustomFieldType = (typeof customFieldTypes)[number];

/** How many custom fields an organisation may have in use, and so a request may fill. */
export const mostCustomFields = 100;

export const longestCustomValue = 2000;

const valueRules =
  'As text, or as the number or boolean that it is: a number in digits such as `12` or `-3.5`, a date such as `2031-05-20`, `true false 1 0` for a boolean, one of the field’s choices for a choice. Null or blank is no value.';

/** `claimant.data` of a request. */
export const claimantData = Type.Array(
  Type.Object({
    id: Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      description: 'Of a custom field: see `GET /api/v1/custom-fields`.',
    }),
    value: Type.Optional(
      Type.Unsafe<string | number | boolean | null>({
        type: ['string', 'number', 'boolean', 'null'],
        maxLength: longestCustomValue,
        description: valueRules,
      }),
    ),
  }),
  {
    maxItems: mostCustomFields,
    description:
      'Values of the organisation’s custom fields, each at most once; the required ones must be among them. In a change the list replaces the one before as a whole; left out, everything stays as it is, even when a field has since become required or a choice was taken away. A retired field is never required; a value of it that is sent is still kept.',
  },
);

/** `claimant.data` of an answer. */
export const claimantDataAnswer = Type.Array(
  Type.Object({
    id: Type.Integer(),
    value: nullable(Type.String({ description: 'As text: `12.5`, `2031-05-20`, `true`.' })),
    name: Type.String(),
    type: word(customFieldTypes),
    required: Type.Boolean(),
  }),
  {
    description:
      'The values that were given, in the order of the fields; name, type and required as they are now.',
  },
);

/** A custom field that a new appointment may or must fill. */
export const customFieldAnswer = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    type: word(customFieldTypes),
    required: Type.Boolean(),
    choices: Type.Array(Type.String(), { description: 'Empty unless the type is choice.' }),
  },
  { title: 'CustomField' },
);

export type ClaimantDataAnswer = Static<typeof claimantDataAnswer>;
export type CustomFieldAnswer = Static<typeof customFieldAnswer>;

import Type, { type Static } from 'typebox';

const linkParts = {
  text: Type.String({ description: 'To send, or to read out.' }),
  qr_svg: Type.String({ description: 'The same as a QR code: an SVG image, to show or to print.' }),
};

const link = (description: string) => Type.Object(linkParts, { description });

/** The links of one appointment (contract section 3, "Notes"). */
export const linksAnswer = Type.Object(
  {
    claimant_link: link('The claimant’s link with its token, as in `url`: for mail and messages.'),
    short_link: link('The same page by its entry code: for texts and letters.'),
    entry_code: link('The ten characters of the short link, to dictate or to print.'),
    host_link: Type.Unsafe<{ text: string; qr_svg: string } | null>({
      type: ['object', 'null'],
      properties: linkParts,
      required: Object.keys(linkParts),
      description:
        'The host’s link with its key, as in `meeting.room_url`; null without meetings:host.',
    }),
  },
  { title: 'Links' },
);

/** The body of `POST /api/v1/appointments/{id}/links/rotate`: there is nothing to say. */
export const rotateRequest = Type.Object({}, { title: 'RotateRequest' });

export type LinksAnswer = Static<typeof linksAnswer>;

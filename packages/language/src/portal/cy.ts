import type { Translation } from '../catalogue.ts';
import { english } from './en.ts';
import type { PortalSentences } from './index.ts';

export const welsh: Translation<PortalSentences> = english;

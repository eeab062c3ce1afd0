import { type FromPage, fromPage } from '@anteroom/contract';
import { compileFrames } from '../platform/socket/frames.ts';

/** What a page says, or null when it is no message of the call socket. */
export const readFrame = compileFrames<FromPage>(fromPage);

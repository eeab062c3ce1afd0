import type { Call } from '@anteroom/call';
import { useEffect, useRef, type VideoHTMLAttributes } from 'react';

interface PictureProps extends VideoHTMLAttributes<HTMLVideoElement> {
  stream: MediaStream;
}

/** The own picture: moving, and without sound. */
export function Picture({ stream, ...rest }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  return <video ref={video} autoPlay playsInline muted {...rest} />;
}

interface OtherPictureProps extends VideoHTMLAttributes<HTMLVideoElement> {
  call: Call;
  otherId: string;
  onElement?(element: HTMLVideoElement | null): void;
}

/** Somebody else in the call: the picture, and the sound through the speaker that was chosen. */
export function OtherPicture({ call, otherId, onElement, ...rest }: OtherPictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const stop = call.show(element, otherId);
    onElement?.(element);
    return () => {
      onElement?.(null);
      stop();
    };
  }, [call, otherId, onElement]);
  return <video ref={video} autoPlay playsInline {...rest} />;
}

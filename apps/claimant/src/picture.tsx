import { useEffect, useRef, type VideoHTMLAttributes } from 'react';

interface PictureProps extends VideoHTMLAttributes<HTMLVideoElement> {
  stream: MediaStream | null;
  /** Where its sound is heard; empty or null is the device's own choice. */
  speakerId?: string | null;
  onElement?(element: HTMLVideoElement | null): void;
}

/** A moving picture with its sound. */
export function Picture({ stream, speakerId, onElement, ...rest }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current && video.current.srcObject !== stream) video.current.srcObject = stream;
  }, [stream]);
  useEffect(() => {
    onElement?.(video.current);
    return () => onElement?.(null);
  }, [onElement]);
  useEffect(() => {
    // Safari has no such choice before version 18.4; without it the sound stays where it is.
    if (speakerId) void video.current?.setSinkId?.(speakerId).catch(() => {});
  }, [speakerId]);
  return <video ref={video} autoPlay playsInline {...rest} />;
}

import { useEffect, useRef } from 'react';

interface PictureProps {
  stream: MediaStream | null;
  label: string;
  /** One's own: mirrored, as people know themselves, and without sound. */
  isOwn?: boolean;
  /** Where the sound is to be heard; null is the machine's own choice. */
  speakerId?: string | null;
  className: string;
}

/** Somebody's picture and sound. */
export function Picture({ stream, label, isOwn = false, speakerId, className }: PictureProps) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    if (video.current) video.current.srcObject = stream;
  }, [stream]);
  useEffect(() => {
    const element = video.current;
    // Where browsers do not let pages choose, `speakerId` is never set.
    if (element && speakerId && 'setSinkId' in element) void element.setSinkId(speakerId);
  }, [speakerId]);
  return (
    <video
      ref={video}
      className={className}
      aria-label={label}
      autoPlay
      playsInline
      muted={isOwn}
      data-own={isOwn || undefined}
    />
  );
}

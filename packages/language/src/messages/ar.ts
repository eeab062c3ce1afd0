import type { Translation } from '../catalogue.ts';
import type { MessageSentences } from './en.ts';

export const arabic: Translation<MessageSentences> = {
  invitationSubject: 'موعدك بالفيديو مع {organisation}: {day}، {time}',
  movedSubject: 'وقت جديد لموعدك بالفيديو مع {organisation}: {day}، {time}',
  changedSubject: 'تغيّر موعدك بالفيديو مع {organisation}: {day}، {time}',
  cancelledSubject: 'أُلغي موعدك بالفيديو مع {organisation} يوم {day}',
  greeting: 'مرحبًا {name}،',
  invitation: 'رتّبت {organisation} موعدًا معك بالفيديو.',
  moved: 'نقلت {organisation} موعدك بالفيديو إلى وقت آخر.',
  changed: 'تغيّر شيء في موعدك بالفيديو مع {organisation}. هكذا هو الآن.',
  cancelled: 'أُلغي موعدك بالفيديو مع {organisation}. لا يلزمك فعل أي شيء.',
  when: 'الموعد: {day}، {time} ({zone})',
  whenThere: 'أي {time} بتوقيت {organisation}.',
  duration: {
    zero: 'يستغرق نحو {count} دقيقة.',
    one: 'يستغرق نحو دقيقة واحدة.',
    two: 'يستغرق نحو دقيقتين.',
    few: 'يستغرق نحو {count} دقائق.',
    many: 'يستغرق نحو {count} دقيقة.',
    other: 'يستغرق نحو {count} دقيقة.',
  },
  interpreter: 'سيكون معك مترجم.',
  interpreterOf: 'سيكون معك مترجم: {language}.',
  open: 'للاستعداد، وللانضمام عندما يحين الوقت، افتح هذا الرابط:',
  device: 'يكفي هاتف أو جهاز لوحي أو حاسوب. لا حاجة إلى تثبيت أي شيء.',
  private: 'هذا الرابط لك وحدك. من فضلك لا تعطه لأحد.',
  shortLink: 'إذا لم يعمل الرابط فاذهب إلى {address} واكتب هذا الرمز: {code}',
  help: 'إذا احتجت إلى مساعدة أو فضّلت أن نتصل بك، فاتصل بالرقم {phone}.',
  mistake: 'إذا لم تكن هذه الرسالة لك فتجاهلها من فضلك.',
  calendarSummary: 'موعد بالفيديو مع {organisation}',
};

import { languages } from '@anteroom/language';
import { portalLanguages } from '@anteroom/language/portal';
import { buttonClass } from '@anteroom/ui';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'react-aria-components/Button';
import { Header } from 'react-aria-components/Header';
import { Menu, MenuItem, MenuSection, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { ask } from '../http.ts';
import { sessionQuery } from '../queries.ts';
import { useSession } from '../session.ts';
import { changeLanguage, useWords } from '../words.tsx';
import { useTell } from './said.tsx';

/** Who is at work, their language, and the ways out. */
export function AccountMenu() {
  const { say, language, explain } = useWords();
  const { staff } = useSession();
  const client = useQueryClient();
  const tell = useTell();
  const name = staff.name || staff.email;
  const signOut = useMutation({
    mutationFn: (path: '/session' | '/sessions') => ask('DELETE', path),
    onSuccess: () => {
      client.setQueryData(sessionQuery.queryKey, null);
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
    },
    onError: (error) => tell(explain(error)),
  });
  return (
    <MenuTrigger>
      <Button
        className={`${buttonClass('quiet')} head-account`}
        aria-label={`${say('menu.account')}: ${name}`}
      >
        <span className="head-account-name">{name}</span>
      </Button>
      <Popover className="menu" placement="bottom end">
        <Menu
          aria-label={say('menu.account')}
          onAction={(key) => {
            if (key === 'out') signOut.mutate('/session');
            else if (key === 'everywhere') signOut.mutate('/sessions');
            else changeLanguage(key as (typeof portalLanguages)[number]);
          }}
        >
          <MenuSection className="menu-part">
            <Header className="menu-who">
              {staff.email} · {say(`role.${staff.role}`)}
            </Header>
            {portalLanguages
              .filter((tag) => tag !== language)
              .map((tag) => (
                <MenuItem key={tag} id={tag} className="menu-item" textValue={languages[tag].name}>
                  <span lang={tag}>{languages[tag].name}</span>
                </MenuItem>
              ))}
            <MenuItem id="out" className="menu-item">
              {say('menu.signOut')}
            </MenuItem>
            <MenuItem id="everywhere" className="menu-item">
              {say('menu.signOutEverywhere')}
            </MenuItem>
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

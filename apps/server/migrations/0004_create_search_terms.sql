-- compatible
-- What appointments are searched by (contract section 3). Under row-level security only leakproof
-- operators use an index, so every word of an appointment is a row here, found by comparing text.

-- The form in which texts are compared: without case, accents and apostrophes, and with a space for
-- whatever else parts words. Both what is stored and what is asked pass through here.
create function folded(given text) returns text
  language plpgsql immutable strict parallel safe
  as $$
declare
  plain text := translate(given, '''`´‘’ʻʼ', '');
begin
  if octet_length(plain) > char_length(plain) then
    -- Marks above and below letters, of the Latin, Hebrew and Arabic scripts; then what is not seen.
    plain := regexp_replace(normalize(lower(plain collate "pg_c_utf8"), NFKD),
      '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]',
      '', 'g');
    plain := translate(plain, E'øłđðıς\u0085\u1680\u2028\u2029', 'olddiσ    ');
    plain := replace(replace(replace(replace(plain, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  end if;
  return translate(lower(plain collate "pg_c_utf8"), E',;()<>[]"\t\n\r\v\f', '              ');
end $$;

-- The letters that German and the Nordic languages also spell with two, so spelt.
create function spelt_out(given text) returns text
  language plpgsql immutable strict parallel safe
  as $$
declare
  composed text := normalize(lower(given collate "pg_c_utf8"), NFC);
begin
  return replace(replace(replace(replace(replace(composed, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ø', 'oe'), 'å', 'aa');
end $$;

-- All words of an appointment, each between two spaces: the name's (also the parts of a double name,
-- and an umlaut spelt with two letters), the reference's, the email address and its domain, and
-- behind a '<', which no folded text holds, the digits of the phone number from the last to the first.
create function search_text_of(name text, email text, phone_number text, reference text) returns text
  language plpgsql immutable parallel safe
  as $$
declare
  given text := name || ' ' || reference;
begin
  if email is not null then
    given := given || ' ' || email || translate(substr(email, strpos(email, '@')), '@', ' ');
  end if;
  if name ~ '[-.]' then
    given := given || ' ' || translate(name, '-.', '  ');
  end if;
  if octet_length(name) > char_length(name) and spelt_out(name) <> lower(name collate "pg_c_utf8") then
    given := given || ' ' || spelt_out(name);
  end if;
  given := ' ' || folded(given) || ' ';
  if phone_number is not null then
    given := given || '<' || reverse(ltrim(phone_number, '+')) || ' ';
  end if;
  return given;
end $$;

-- The first twenty bits of a time-ordered id: three days. In this order rows that are made together
-- lie together in the index, and a search reads the newest first.
create function search_period(id uuid) returns integer
  language sql immutable parallel safe
  as $$ select ('x' || left(id::text, 5))::bit(20)::integer $$;

alter table appointments add column search_text text collate "C";

-- Personal data like the row it is of, and changed with it. No key: a row more or less than needed of
-- the same term changes nothing, and looking for one costs each new appointment a tenth.
create table search_terms (
  organisation_id uuid not null,
  period integer not null,
  term text collate "C" not null,
  appointment_id uuid not null
);
create index search_terms_by_term on search_terms (organisation_id, period, term, appointment_id);

alter table search_terms enable row level security, force row level security;
create policy separate on search_terms using (organisation_id = current_organisation());
grant select, insert, delete on search_terms to anteroom_app;

-- What is there already. The owner reads all organisations, and writes one at a time.
do $$
declare
  organisation uuid;
begin
  for organisation in select id from organisations loop
    perform set_config('app.organisation', organisation::text, true);
    update appointments
    set search_text = search_text_of(claimant_name, claimant_email, claimant_phone_number, reference)
    where organisation_id = organisation;
    insert into search_terms (organisation_id, period, term, appointment_id)
    select organisation_id, search_period(id), left(term, 100), id
    from appointments, string_to_table(search_text, ' ') as term
    where organisation_id = organisation and term <> '';
  end loop;
  perform set_config('app.organisation', '', true);
end $$;

-- A change of what is searched by is a change of the terms. A new appointment brings its terms in its
-- own statement, which costs less than a trigger.
create function renew_search_terms() returns trigger language plpgsql as $$
begin
  new.search_text := search_text_of(new.claimant_name, new.claimant_email, new.claimant_phone_number, new.reference);
  if new.search_text is distinct from old.search_text then
    delete from search_terms
    where organisation_id = old.organisation_id and period = search_period(old.id) and appointment_id = old.id
      and term in (select left(term, 100) from string_to_table(old.search_text, ' ') as term);
    insert into search_terms (organisation_id, period, term, appointment_id)
    select new.organisation_id, search_period(new.id), left(term, 100), new.id
    from string_to_table(new.search_text, ' ') as term
    where term <> '';
  end if;
  return new;
end $$;
create trigger renews_search_terms
  before update of claimant_name, claimant_email, claimant_phone_number, search_text on appointments
  for each row execute function renew_search_terms();

-- A statement that knows nothing of terms (that of an older version beside this one) is made good.
create function add_search_terms() returns trigger language plpgsql as $$
begin
  update appointments set search_text = null where organisation_id = new.organisation_id and id = new.id;
  return null;
end $$;
create trigger adds_search_terms after insert on appointments
  for each row when (new.search_text is null) execute function add_search_terms();

create function remove_search_terms() returns trigger language plpgsql as $$
begin
  delete from search_terms
  where organisation_id = old.organisation_id and period = search_period(old.id) and appointment_id = old.id
    and term in (select left(term, 100) from string_to_table(old.search_text, ' ') as term);
  return null;
end $$;
create trigger removes_search_terms after delete on appointments
  for each row execute function remove_search_terms();

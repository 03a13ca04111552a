-- The words every control may use. Each is a macro: it computes from its arguments alone,
-- reads no table and asks no clock. Pages stay short, and reasons sound alike.

-- What a control says about one subject: an outcome and the reason in words.
CREATE MACRO passes(reason) AS {'outcome': 'pass', 'reason': reason};
CREATE MACRO fails(reason) AS {'outcome': 'fail', 'reason': reason};
CREATE MACRO not_applicable(reason) AS {'outcome': 'not_applicable', 'reason': reason};
CREATE MACRO unknown(reason) AS {'outcome': 'unknown', 'reason': reason};

-- counted(1, 'day') is '1 day'; counted(14, 'day') is '14 days'.
CREATE MACRO counted(number, unit) AS
    number::VARCHAR || ' ' || unit || CASE WHEN number = 1 THEN '' ELSE 's' END;

-- span(a, b): how long from a to b, in the two largest units that are not zero:
-- '19 days', '1 day 5 hours', '14 days 3 minutes', 'less than a minute'. NULL if either is.
-- The minutes stand in a list of one, so that they are computed once and not wherever they are named.
CREATE MACRO span_of_minutes(minutes) AS
    CASE
        WHEN minutes < 1 THEN 'less than a minute'
        WHEN minutes < 60 THEN counted(minutes, 'minute')
        WHEN minutes < 1440 THEN counted(minutes // 60, 'hour')
            || CASE WHEN minutes % 60 > 0 THEN ' ' || counted(minutes % 60, 'minute') ELSE '' END
        ELSE counted(minutes // 1440, 'day') || CASE
            WHEN minutes % 1440 >= 60 THEN ' ' || counted(minutes % 1440 // 60, 'hour')
            WHEN minutes % 1440 > 0 THEN ' ' || counted(minutes % 1440, 'minute')
            ELSE ''
        END
    END;
CREATE MACRO span(since, until) AS
    CASE WHEN since IS NOT NULL AND until IS NOT NULL THEN list_transform(
        [(epoch_us(until) - epoch_us(since)) // 60000000],
        lambda minutes: span_of_minutes(minutes)
    )[1] END;

-- moment(t) is '2026-01-15 12:00 UTC'.
CREATE MACRO moment(instant) AS strftime(instant, '%Y-%m-%d %H:%M UTC');

-- worked(t, opens, closes): business seconds from Monday 1970-01-05 to a local time, Monday to
-- Friday from `opens` to `closes` (hours of the day); holidays are not known.
CREATE MACRO worked(local_time, opens, closes) AS list_transform(
    [date_diff('day', DATE '1970-01-05', local_time::DATE)],
    lambda days: (days // 7 * 5 + least(days % 7, 5)) * (closes - opens) * 3600
        + CASE WHEN days % 7 < 5 THEN least(greatest(
            date_diff('second', date_trunc('day', local_time), local_time) - opens * 3600, 0
        ), (closes - opens) * 3600) ELSE 0 END
)[1];
-- worked_until(n, opens, closes): the first local time at which so many are over.
CREATE MACRO worked_until(seconds, opens, closes) AS list_transform(
    [greatest(seconds - 1, 0) // ((closes - opens) * 3600)],
    lambda days: (DATE '1970-01-05' + (days // 5 * 7 + days % 5)::INTEGER)::TIMESTAMP
        + to_seconds(seconds - days * (closes - opens) * 3600 + opens * 3600)
)[1];
-- after_business_hours(t, 4, 8, 18, 'Europe/Berlin'): when four hours between 8 and 18 o'clock
-- there are over. NULL if t is, or where no hour of the day is open.
CREATE MACRO after_business_hours(instant, hours, opens, closes, zone) AS
    CASE WHEN closes > opens THEN timezone(zone, worked_until(
        worked(timezone(zone, instant), opens, closes) + hours * 3600, opens, closes
    )) END;

-- version_parts('23.4.2.14') is [23, 4, 2, 14]; NULL for what is not numbers between dots.
-- Lists of numbers compare part by part, so 10 comes after 9.
CREATE MACRO version_parts(version) AS
    CASE WHEN regexp_full_match(version, '[0-9]{1,18}([.][0-9]{1,18})*')
    THEN string_split(version, '.')::BIGINT[] END;

-- quoted('detect') is '"detect"': a value as the console wrote it.
CREATE MACRO quoted(value) AS '"' || value || '"';

-- as_json(text): the JSON of a column as JSON, NULL when it is none.
CREATE MACRO as_json(value) AS CASE WHEN json_valid(value) THEN value::JSON END;

-- in_force(…): whether a statement of the company (an attestation) holds at that moment: approved,
-- begun, not over. One that does not say from when or until when holds never.
CREATE MACRO in_force(state, valid_from, expires_at, instant) AS
    coalesce(state = 'approved', false)
    AND coalesce(valid_from <= instant, false)
    AND coalesce(expires_at > instant, false);

-- listed(['a', 'b', NULL]) is 'a; b'; NULL of an empty list or one of nulls.
CREATE MACRO listed(parts) AS
    nullif(array_to_string(list_filter(parts, lambda part: part IS NOT NULL), '; '), '');

-- words_of('a, b,, c') is ['a', 'b', 'c'].
CREATE MACRO words_of(value) AS
    list_filter(list_transform(string_split(value, ','), lambda word: trim(word)),
        lambda word: word <> '');

-- serial_key('5CG-1234 ABC') is '5CG1234ABC'; NULL for what only looks like a serial number.
-- As in span(), the list of one computes what is in it once.
CREATE MACRO serial_key(serial) AS
    list_transform([regexp_replace(upper(serial), '[^A-Z0-9]', '', 'g')], lambda key:
        CASE WHEN length(key) >= 4
            AND key NOT IN (
                'NONE', 'NA', 'UNKNOWN', 'DEFAULTSTRING', 'SYSTEMSERIALNUMBER', 'TOBEFILLEDBYOEM',
                'NOTSPECIFIED', 'NOTAVAILABLE', 'INVALID', '123456789', '1234567890')
            AND replace(key, left(key, 1), '') <> ''
            THEN key END
    )[1];

-- mac_keys(['00-1B-44-11-3A-B7', '-', NULL]) is ['001b44113ab7']: each address once, without what
-- is no address of a device.
CREATE MACRO mac_keys(addresses) AS
    list_filter(
        list_distinct(list_transform(
            addresses, lambda address: regexp_replace(lower(address), '[^0-9a-f]', '', 'g')
        )),
        lambda key: length(key) = 12 AND key NOT IN ('000000000000', 'ffffffffffff')
    );

-- agent_mac_keys(network_interfaces): the same of an agent's network cards, as the console lists them.
CREATE MACRO agent_mac_keys(cards) AS
    mac_keys(json_extract_string(as_json(cards), '$[*].physical'));

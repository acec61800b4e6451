-- The far end in E.164, where the company opted into normalisation; `peer` stays as it was written (R34).
alter table calls add column peer_e164 text;

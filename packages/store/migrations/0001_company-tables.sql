-- The manual's tables, with its names (R1-R28, R41). A CRM's database may hold them already, in its own types:
-- then they stay as they are. Types are loose on purpose: cti_porta is '8.080' in the manual's own example (R6).

create table if not exists wl_chamados_empresa (
  empresa_id int primary key,
  nome varchar,
  nome_banco varchar,
  senha_banco varchar,
  senha_padrao varchar,
  ativo int,
  versao_ambiente varchar,
  data_versao date,
  host varchar,
  vip int,
  tenant varchar,
  curva_health_score varchar,
  health_score int
);

-- A tenant leads to one company (R42, I6).
create unique index if not exists wl_chamados_empresa_tenant_key on wl_chamados_empresa (tenant);

create table if not exists empresas (
  empresa_id int primary key,
  usa_cti int,
  cti_autenticacao int,
  cti_tipo int,
  cti_protocolo varchar,
  cti_ip varchar,
  cti_porta varchar,
  cti_caminho varchar,
  cti_usa_linha int,
  cti_numero_linha varchar,
  cti_usa_zero_ddd int,
  cti_nome_origem varchar,
  cti_nome_destino varchar
);

create table if not exists configuracao_cti (
  empresa_id int primary key,
  autenticacao int,
  tipo int,
  protocolo varchar,
  ip varchar,
  porta varchar,
  caminho varchar,
  usa_linha int,
  numero_linha varchar,
  metodo_chamada varchar,
  nome_variavel_origem_sainte varchar,
  nome_variavel_destino_sainte varchar,
  nome_variavel_origem varchar,
  nome_variavel_destino varchar,
  nome_variavel_audio varchar
);

-- Our own optional settings, which the manual has no column for.
create table cti_settings (
  empresa_id int primary key,
  settings jsonb not null
);

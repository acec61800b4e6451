<?php

declare(strict_types=1);

// Starts a call for a form, also in a browser without JavaScript, and goes back to the page with the outcome.

require_once __DIR__ . '/config.php';
require_once __DIR__ . '/crm/dados.php';
require_once __DIR__ . '/crm/sessao.php';
require_once __DIR__ . '/modulos/ModuloCti.php';

crm_open_session();
crm_require_form();
$user = crm_user();
if ($user === null) {
    crm_redirect('sistema.php');
}
session_write_close();

try {
    $config = ramal_config();
    $cti = new ModuloCti(new RamalApi($config['apiUrl'], $config['apiKey']), crm_company(), $config['tenant']);
    $cti->startCall($user, crm_field('numero'), crm_field('intentId') ?: ModuloCti::newIntentId());
    crm_redirect('sistema.php?aviso=ligando');
} catch (CtiError $error) {
    error_log('ligar.php: ' . $error->getMessage());
    crm_redirect('sistema.php?aviso=' . rawurlencode($error->reason));
} catch (RuntimeException $error) {
    error_log('ligar.php: ' . $error->getMessage());
    crm_redirect('sistema.php?aviso=internal_error');
}
